/** What is above the thread in sight: the next piece comes when the reader nears it, and nothing in sight moves. */

import { fetchThread } from "../helpers/fetch-thread.js";
import { fragment } from "../helpers/html.js";
import { page } from "../models/page.js";

const AHEAD = "600px";

class EarlierMessages extends HTMLElement {
  #near = null;
  #loading = null;

  connectedCallback() {
    this.querySelector("button").onclick = () => this.load();
    const options = { root: this.closest("chat-transcript"), rootMargin: AHEAD };
    this.#near = new IntersectionObserver(([entry]) => entry.isIntersecting && this.load(), options);
    this.#near.observe(this);
  }

  disconnectedCallback() {
    this.#near.disconnect();
  }

  /** Without an answer the button stays, for another try; whoever asks meanwhile waits for the same piece. */
  load() {
    this.#loading ??= this.#fetch().finally(() => (this.#loading = null));
    return this.#loading;
  }

  async #fetch() {
    const button = this.querySelector("button");
    button.disabled = true;
    const transcript = this.closest("chat-transcript");
    const answer = await fetchThread(page.conversation, { before: this.dataset.before }).catch(() => null);
    button.disabled = false;
    if (answer && this.isConnected) transcript.putAbove(this, fragment(answer.html));
  }
}

customElements.define("earlier-messages", EarlierMessages);
