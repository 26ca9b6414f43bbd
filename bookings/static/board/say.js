// Saying what happened, to eyes and to a screen reader: the box is a live region.

import { byId, element } from "./dom.js";

const SECONDS = 8;
let timer;

// What went well fades; a refusal stays until it is closed, or until something else is said.
export function say(text, { refused = false, action } = {}) {
  clearTimeout(timer);
  const close = element("button", { type: "button", className: "board-button", textContent: "×", onclick: hush });
  close.setAttribute("aria-label", "Close");
  const parts = [element("span", { textContent: text })];
  if (action) {
    const run = () => (hush(), action.run());
    parts.push(element("button", { type: "button", className: "board-button", textContent: action.label, onclick: run }));
  }
  const said = byId("board-said");
  said.classList.toggle("is-refusal", refused);
  said.replaceChildren(...parts, close);
  if (!refused) timer = setTimeout(hush, SECONDS * 1000);
}

export function hush() {
  byId("board-said").replaceChildren();
}
