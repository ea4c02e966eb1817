// The theme: the system's, or the operator's choice, which the browser remembers.

const stored = () => {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null;  // forbidden by the browser; the choice then lasts as long as the page
  }
};

const keep = (theme) => {
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // See above.
  }
};

/// Calls `changed` whenever colours do.
export const followTheme = (fieldset, changed) => {
  const apply = (theme) => {
    document.documentElement.dataset.theme = theme;
    changed();
  };
  const inputs = [...fieldset.querySelectorAll("input")];
  const chosen = inputs.find((input) => input.value === stored());
  if (chosen) {
    chosen.checked = true;
    apply(chosen.value);
  }
  fieldset.addEventListener("change", (event) => {
    keep(event.target.value);
    apply(event.target.value);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
};
