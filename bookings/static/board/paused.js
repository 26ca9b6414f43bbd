// Says in a dialog that a client's automated messages are paused, with one press to resume them.

import { ask } from "./api.js";
import { part } from "./dom.js";

export class Paused {
  constructor(form) {
    this.hint = part(form, "paused");
    this.hint.querySelector("button").onclick = () => this.resume();
  }

  hide() {
    this.contactId = null;
    this.hint.hidden = true;
  }

  async show(contactId) {
    this.hide();
    this.contactId = contactId;
    try {
      const { data } = await ask(`/contacts/${contactId}`);
      if (contactId === this.contactId) this.hint.hidden = !isPaused(data);
    } catch {
      // The hint is an extra: the dialog works without it.
    }
  }

  async resume() {
    try {
      await ask(`/contacts/${this.contactId}/resume-automation`, { method: "POST" });
      this.hint.hidden = true;
    } catch (refusal) {
      this.hint.querySelector("span").textContent = refusal.message;
    }
  }
}

function isPaused({ automation_paused: paused, paused_until: until }) {
  return paused && (!until || Date.parse(until) > Date.now());
}
