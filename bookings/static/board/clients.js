// Choosing a client by typing: a known contact, or somebody new.

import { findContacts } from "./api.js";
import { byId, element, part } from "./dom.js";
import { Paused } from "./paused.js";

const WAIT = 200;

export class Clients {
  constructor(dialog) {
    this.input = byId("board-client");
    this.list = byId("board-clients");
    this.fieldset = part(dialog, "client");
    this.fields = dialog.querySelector("form").elements;
    this.paused = new Paused(dialog);
    this.input.oninput = () => this.type();
    this.input.onkeydown = (event) => this.key(event);
    this.input.onblur = () => setTimeout(() => this.show([]), WAIT);
  }

  reset() {
    this.contactId = null;
    this.paused.hide();
    this.input.value = "";
    this.fieldset.hidden = true;
    for (const name of ["client_name", "client_phone", "client_email"]) this.fields[name].value = "";
    this.show([]);
  }

  // The members of a request that say who it is.
  value() {
    if (this.contactId) return { contact_id: this.contactId };
    const { client_name: name, client_phone: phone, client_email: email } = this.fields;
    return { client_name: name.value, client_phone: phone.value, client_email: email.value };
  }

  type() {
    this.contactId = null;
    this.paused.hide();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(), WAIT);
  }

  async search() {
    const term = this.input.value.trim();
    this.controller?.abort();
    if (!term) return this.show([]);
    this.controller = new AbortController();
    const found = await findContacts(term, this.controller.signal).catch(() => null);
    if (found) this.show([...found, { id: "", text: `New client “${term}”` }]);
  }

  show(found) {
    this.list.replaceChildren(...found.map((each, index) => this.option(each, index)));
    this.list.hidden = !found.length;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.mark(found.length ? 0 : -1);
  }

  option({ id, text }, index) {
    const option = element("li", { id: `board-client-${index}`, textContent: text });
    option.setAttribute("role", "option");
    option.onpointerdown = (event) => event.preventDefault(); // the focus stays where one types
    option.onclick = () => this.choose(id, text);
    return option;
  }

  mark(index) {
    this.marked = index;
    [...this.list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
    this.list.children[index]?.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", index < 0 ? "" : `board-client-${index}`);
  }

  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const count = this.list.children.length;
    if (!count || !(step || event.key === "Enter" || event.key === "Escape")) return;
    event.preventDefault(); // neither sends the form nor closes the dialog
    if (step) this.mark((this.marked + step + count) % count);
    else if (event.key === "Enter") this.list.children[this.marked].click();
    else this.show([]);
  }

  choose(id, text) {
    this.contactId = id ? Number(id) : null;
    this.fieldset.hidden = Boolean(id);
    if (id) {
      this.paused.show(this.contactId);
      this.input.value = text;
    } else {
      this.fields.client_name.value = this.input.value.trim();
      this.fields.client_phone.focus();
    }
    this.show([]);
  }
}
