// Asking the server. Whatever it refuses becomes a Refusal with the API's own code and sentence.

import { byId } from "./dom.js";

const board = byId("board");

export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail);
    this.status = status;
    this.code = problem.code;
  }
}

const LONGEST = 20000; // milliseconds; a connection that died says nothing by itself
const BROKEN = { code: "unreachable", detail: "The server cannot be reached. Nothing is known to have changed." };
export const CHANGED = 412; // somebody else has changed what was read
const SIGNED_OUT = { code: "signed_out", detail: "You are signed out. Load the page again to sign in." };

// That of the cookie is also good after somebody signed in anew in another tab.
function csrfToken() {
  const found = /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie);
  return found ? found[1] : board.querySelector("[name=csrfmiddlewaretoken]").value;
}

export async function ask(path, { method = "GET", body, headers = {} } = {}) {
  const sent = { Accept: "application/json", ...headers };
  if (method !== "GET") Object.assign(sent, { "X-CSRFToken": csrfToken(), "Content-Type": "application/json" });
  let response;
  try {
    response = await fetch(board.dataset.api + path, {
      method,
      headers: sent,
      body: body && JSON.stringify(body),
      cache: "no-store",
      credentials: "same-origin",
      signal: AbortSignal.timeout(LONGEST),
    });
  } catch {
    throw new Refusal(0, BROKEN);
  }
  if (response.status === 401) throw new Refusal(401, SIGNED_OUT);
  const data = response.status === 304 ? null : await response.json().catch(() => BROKEN);
  if (response.status >= 400) throw new Refusal(response.status, data);
  return { data, status: response.status, etag: response.headers.get("ETag") };
}

// The contacts whose name, address or number holds what was typed, as the admin's own select boxes find them.
export async function findContacts(term, signal) {
  const response = await fetch(`${board.dataset.contacts}?${new URLSearchParams({ term })}`, { signal });
  return response.ok ? (await response.json()).results : [];
}

// A key under which the server does the same thing once only, however often it is sent.
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}
