// A table whose rows stay the same elements as long as their keys do. On a narrow screen each row is
// a card, so every cell carries its column's name; roles are said again, since such a layout makes
// browsers forget them.

import { make, setText } from "./elements.js";

export class Table {
  /// columns: {label, cell(row), detail?(row), tone?(row), share?(row), isNumber?, isName?, isWide?}; the
  /// first names the row. A detail stands below its cell's words.
  constructor(element, { columns, key, empty }) {
    this.columns = columns;
    this.key = key;
    this.rows = new Map();
    this.element = element;
    element.setAttribute("role", "table");
    const head = make("tr", { role: "row" });
    for (const column of columns)
      head.append(make("th", { scope: "col", role: "columnheader", class: kind(column) }, column.label));
    this.body = make("tbody", { role: "rowgroup" });
    element.append(make("thead", { role: "rowgroup" }, head), this.body);
    this.empty = make("p", { class: "quiet", hidden: "" }, empty);
    element.hidden = true;
    element.after(this.empty);
  }

  update(rows) {
    const before = this.rows;
    this.rows = new Map();
    let place = this.body.firstElementChild;
    for (const row of rows) {
      const key = this.key(row);
      if (this.rows.has(key)) continue;
      const element = before.get(key) ?? this.makeRow();
      before.delete(key);
      this.rows.set(key, element);
      this.fill(element, row);
      if (element === place) place = place.nextElementSibling;
      else this.body.insertBefore(element, place);
    }
    for (const element of before.values()) element.remove();
    this.element.hidden = rows.length === 0;
    this.empty.hidden = rows.length > 0;
  }

  makeRow() {
    const row = make("tr", { role: "row" });
    this.columns.forEach((column, at) => {
      const attributes = { "data-label": column.label, class: kind(column) };
      const cell = at === 0 ? make("th", { ...attributes, scope: "row", role: "rowheader" })
        : make("td", { ...attributes, role: "cell" });
      if (column.detail) cell.append(make("span"), make("span", { class: "detail" }));
      row.append(cell);
    });
    return row;
  }

  fill(element, row) {
    this.columns.forEach((column, at) => {
      const cell = element.children[at];
      setText(column.detail ? cell.firstElementChild : cell, String(column.cell(row)));
      if (column.detail) setText(cell.lastElementChild, column.detail(row));
      cell.dataset.tone = column.tone?.(row) ?? "none";
      if (column.share) cell.style.setProperty("--share", `${100 * (column.share(row) || 0)}%`);
    });
  }
}

const kind = (column) => [column.isNumber ? "number" : "", column.share ? "share" : "",
  column.isName ? "name" : "", column.isWide ? "wide" : ""].join(" ").trim();
