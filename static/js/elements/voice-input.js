/** Speech for the message box: recorded here, written down by a model, put at the caret, and never sent by itself. */

import { focusForTyping } from "../helpers/keyboard.js";
import { newPlace } from "../helpers/new-place.js";
import { addPhrases, phrase } from "../helpers/phrases.js";
import { codeOf, Refused } from "../helpers/refused.js";
import { wavOf } from "../helpers/wav.js";
import { page } from "../models/page.js";

/** Who holds the button for longer ends the recording by letting it go; shorter is a press, and the next one ends it. */
const HELD = 500;
/** What is shorter was no recording. */
const SHORTEST = 300;
const HOPELESS = ["too_long", "unreadable"]; // another try would not mend it
const DENIED = ["NotAllowedError", "SecurityError"];

class VoiceInput extends HTMLElement {
  #form = this.closest("form");
  #button = this.#form.elements.dictate;
  #recorder = null;
  #began = 0;
  #clock = 0;
  /** What was recorded and is not words yet. */
  #recording = null;
  #sending = null;
  /** Sound files whose turn comes. */
  #waiting = [];
  connectedCallback() {
    addPhrases(this.querySelector("[data-words]"));
    this.#button.hidden = !navigator.mediaDevices || !globalThis.MediaRecorder; // Browsers have neither without https.
    this.#button.addEventListener("pointerdown", ({ button }) => button || this.#begin());
    this.#button.addEventListener("click", ({ detail }) => this.#clicked(detail));
    this.#form.elements.voice_done.addEventListener("click", () => this.#recorder?.stop());
    this.#form.elements.voice_again.addEventListener("click", () => this.#write());
    this.#form.elements.voice_cancel.addEventListener("click", () => this.#discard());
    this.#show("idle");
  }

  /** Writes down sound files, one after the other. */
  take(files) {
    this.#waiting.push(...files);
    if (this.#isIdle) this.#next();
  }

  #next() {
    this.#recording = this.#waiting.shift() ?? null;
    if (this.#recording) this.#write();
  }

  get #isIdle() {
    return this.dataset.state === "idle" || this.dataset.state === "told";
  }

  /** A key that presses the button makes a click without a pointer. */
  #clicked(detail) {
    if (this.#recorder && performance.now() - this.#began > HELD) this.#recorder.stop();
    else if (!detail) this.#begin();
  }

  /** What is read aloud would be recorded as well. */
  async #begin() {
    if (!this.#isIdle) return;
    globalThis.speechSynthesis?.cancel();
    document.querySelectorAll("audio").forEach((player) => player.pause());
    this.#show("asking");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
      if (this.dataset.state === "asking") this.#record(stream);
    } catch (error) {
      this.#show("told", DENIED.includes(error.name) ? "denied" : "missing");
    }
  }

  #record(stream) {
    const pieces = [];
    const recorder = new MediaRecorder(stream);
    recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
    recorder.addEventListener("stop", () => {
      stream.getTracks().forEach((track) => track.stop());
      clearInterval(this.#clock);
      this.#recorder = null;
      if (this.dataset.state === "recording") this.#recorded(new Blob(pieces, { type: recorder.mimeType }));
    });
    this.#recorder = recorder;
    this.#began = performance.now();
    recorder.start();
    this.#show("recording", "recording");
    this.#tick();
    this.#clock = setInterval(() => this.#tick(), 250);
  }

  #tick() {
    const seconds = (performance.now() - this.#began) / 1000;
    this.querySelector(".voice__time").textContent = `${minutes(seconds)} / ${minutes(this.dataset.most)}`;
    if (seconds >= this.dataset.most) this.#recorder?.stop();
  }

  #recorded(recording) {
    if (performance.now() - this.#began < SHORTEST) return this.#show("idle");
    this.#recording = recording;
    this.#write();
  }

  async #write() {
    this.#show("writing", "writing");
    this.#sending = new AbortController();
    const { signal } = this.#sending;
    try {
      const text = await this.#words(signal);
      if (signal.aborted) return;
      this.#recording = null;
      this.#show(...(text ? ["idle"] : ["told", "nothing"]));
      if (text) this.#put(text);
      this.#next();
    } catch (error) {
      if (!signal.aborted) this.#failed(codeOf(error));
    }
  }

  #failed(code) {
    if (!HOPELESS.includes(code)) return this.#show("failed", code);
    this.#show("told", code);
    this.#next();
  }

  async #words(signal) {
    const body = new FormData();
    const { team } = newPlace();
    const place = page.conversation ? { conversation: page.conversation } : team ? { team } : {};
    body.append("file", await wavOf(this.#recording, this.dataset.most), "speech.wav");
    const response = await fetch(`${this.dataset.source}?${new URLSearchParams(place)}`, { method: "POST", headers: { "X-CSRFToken": page.csrfToken }, body, signal }).catch(lost);
    const { text, error } = await response.json().catch(lost);
    if (error || !response.ok) throw new Refused(error);
    return text;
  }

  /** At the caret, apart from the word before. */
  #put(words) {
    const { text } = this.#form.elements;
    const { selectionStart: start, selectionEnd: end, value } = text;
    text.setRangeText(/[\p{L}\p{N}.,;:!?]$/u.test(value.slice(0, start)) ? ` ${words}` : words, start, end, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
    focusForTyping(text);
  }

  #discard() {
    this.#show("idle");
    this.#sending?.abort();
    this.#recorder?.stop();
    this.#recording = null;
    this.#waiting = [];
    this.#button.focus();
  }

  #show(state, name = "") {
    this.dataset.state = state;
    this.hidden = state === "idle" || state === "asking";
    this.#button.ariaPressed = String(state === "recording");
    this.#button.disabled = state === "writing" || state === "failed";
    this.querySelector(".voice__notice").textContent = name && (phrase(`voice.${name}`) || phrase("voice.failed"));
  }
}

customElements.define("voice-input", VoiceInput);

function minutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

function lost() {
  throw new Refused();
}
