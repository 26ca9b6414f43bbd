// Keeping the board up to date: asks every few seconds while the page is seen, and draws only what is new.

import { ask } from "./api.js";

const EVERY = 3000;
const LATER = 10000;

export class Feed {
  constructor({ onNews, onTrouble }) {
    Object.assign(this, { onNews, onTrouble, query: "", etag: "", timer: 0, asked: 0 });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.stop() : this.refresh()));
  }

  // Show other days or another provider.
  watch(query) {
    const text = new URLSearchParams(query).toString();
    if (text === this.query) return;
    Object.assign(this, { query: text, etag: "" });
    this.refresh();
  }

  // Take the next answer for new, whatever was answered before.
  forget() {
    this.etag = "";
  }

  stop() {
    clearTimeout(this.timer);
  }

  // Ask now. What is new is drawn, and returned; nothing is returned where nothing is new.
  async refresh() {
    this.stop();
    if (!this.query) return undefined;
    const number = ++this.asked;
    let wait = EVERY;
    let news;
    try {
      const headers = this.etag ? { "If-None-Match": this.etag } : {};
      const { data, etag } = await ask(`/feed?${this.query}`, { headers });
      if (number !== this.asked) return undefined; // a newer question is on its way
      this.onTrouble("");
      if (data) {
        this.etag = etag;
        this.onNews(data);
        news = data;
      }
    } catch (refusal) {
      if (number !== this.asked) return undefined;
      wait = LATER;
      this.onTrouble(`${refusal.message} The board may be out of date.`);
    }
    if (!document.hidden) this.timer = setTimeout(() => this.refresh(), wait);
    return news;
  }
}
