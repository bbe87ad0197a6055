/** The message that the address names, as a hit of the search does: brought into sight, and marked for a while. */

const NAME = /^#message-([0-9a-f-]{36})$/;
const MARKED = 4_000;
const BELOW_TOP = 64; // pixels
const MOST_PIECES = 50;

export class NamedMessage {
  #transcript;

  constructor(transcript) {
    this.#transcript = transcript;
  }

  listen() {
    addEventListener("hashchange", () => this.#show());
    this.#show();
  }

  async #show() {
    const [, id] = NAME.exec(location.hash) ?? [];
    const message = id && (await this.#find(id));
    if (!message) return;
    this.#transcript.keepInPlace(message, this.#transcript.getBoundingClientRect().top + BELOW_TOP);
    message.dataset.named = "";
    setTimeout(() => delete message.dataset.named, MARKED);
  }

  /** What is above comes piece by piece; undefined where the branch in sight has no such message. */
  async #find(id) {
    for (let piece = 0; piece < MOST_PIECES; piece += 1) {
      const message = this.#transcript.thread.find(id);
      const way = this.#transcript.querySelector("earlier-messages");
      if (message || !way) return message;
      await customElements.whenDefined("earlier-messages");
      await way.load();
      if (way.isConnected) return undefined; // There is no answer.
    }
  }
}
