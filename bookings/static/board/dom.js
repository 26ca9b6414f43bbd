// Building and finding elements. Texts become text nodes, so nothing that a person wrote is read as HTML.

export const byId = (id) => document.getElementById(id);

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// The element of a dialog or form that is named by data-part.
export const part = (root, name) => root.querySelector(`[data-part="${name}"]`);

export function fillOptions(select, options) {
  select.replaceChildren(...options.map(({ value, text }) => element("option", { value, textContent: text })));
}

// A dialog that closes by its buttons and gives the focus back to where it was, as <dialog> does by itself.
export function closable(dialog) {
  for (const button of dialog.querySelectorAll("[data-close]")) button.onclick = () => dialog.close();
}
