// Elements of the page. Names from strangers are text here, never markup.

export const byId = (id) => document.getElementById(id);

/// Sets text only where it differs, so that a selection or a screen reader is left in peace.
export const setText = (target, text) => {
  const element = typeof target === "string" ? byId(target) : target;
  if (element.textContent !== text) element.textContent = text;
};

export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

/// Fills a <dl> with [term, description] pairs.
export const setFacts = (list, facts) => {
  while (list.children.length > facts.length) list.lastElementChild.remove();
  facts.forEach(([term, description], at) => {
    if (!list.children[at]) list.append(make("div", {}, make("dt"), make("dd")));
    setText(list.children[at].firstElementChild, term);
    setText(list.children[at].lastElementChild, description);
  });
};
