/**
 * The one websocket: commands that are answered, events, and a connection that comes back by itself.
 *
 * Dispatches "open", "frame" (detail: the event), "close" (detail: {code}) and "state" (detail: connected, connecting,
 * offline or, when this tab has made room for others, paused).
 */

import { newId } from "../helpers/ids.js";
import { Refused, codeOf } from "../helpers/refused.js";

const ANSWER = 10_000;
/** Browsers hold a try back by up to 5 seconds once many have failed: what gave up before would never connect. */
const CONNECT = 8_000;
const PONG = 5_000;
const PROBE = 1_500;
const TICK = 2_000;
const IDLE = 25_000;
const LONGEST_PAUSE = 10_000;
const SHORTEST_PAUSE = 500;
/** After a restart everybody comes back: 1,000 of them within this time are each answered at once. */
const RESTART_PAUSE = 8_000;
const SLOW_PAUSE = 2_000;
const [SERVICE_RESTART, READS_TOO_SLOWLY, TOO_MANY_SOCKETS] = [1012, 4408, 4409];

export class Socket extends EventTarget {
  #socket = null;
  #answers = new Map();
  #timer = 0;
  #failures = 0;
  #begun = 0;
  #heard = 0;
  #pinged = 0;
  #isPaused = false;
  #address;

  /** For this person's page, whoever may be signed in when it connects. */
  constructor(path, person) {
    super();
    this.#address = `${location.protocol.replace("http", "ws")}//${location.host}${path}?person=${person}`;
  }

  /** What a ping asks about, {conversation: revision}, and whether it is urgent; set by the page. */
  watching = () => ({ open: {}, urgent: false });

  start() {
    for (const event of ["online", "pageshow"]) addEventListener(event, () => this.#wake());
    document.addEventListener("visibilitychange", () => document.hidden || this.#wake());
    addEventListener("offline", () => this.#tellState());
    addEventListener("pagehide", () => this.#drop()); // An open socket keeps a page out of the back/forward cache.
    setInterval(() => this.#tick(), TICK);
    this.#connect();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Somebody wants to use this tab: connects now rather than after the pause, in the place of another tab if need be. */
  hurry() {
    this.#isPaused = false;
    if (!this.#socket) this.#connect();
  }

  /** Sends a command; resolves with its ack, rejects with Refused. An answer overdue ends the connection. */
  request(command, patience = ANSWER) {
    if (!this.isOpen) return Promise.reject(new Refused());
    const id = command.id ?? newId();
    return new Promise((resolve, reject) => {
      const overdue = setTimeout(() => this.#end(1006), patience);
      this.#answers.set(id, { resolve, reject, overdue });
      this.#socket.send(JSON.stringify({ ...command, id }));
    });
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#begun = Date.now();
    const socket = (this.#socket = new WebSocket(this.#address));
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => this.#end(code);
    this.#timer = setTimeout(() => this.#end(1006), CONNECT);
    this.#tellState();
  }

  #opened() {
    clearTimeout(this.#timer);
    this.#heard = this.#pinged = Date.now();
    this.#tellState();
    this.dispatchEvent(new CustomEvent("open"));
  }

  #receive(frame) {
    this.#heard = Date.now();
    this.#failures = 0;
    if (frame.type !== "ack" && frame.type !== "error") {
      this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
      return;
    }
    const answer = this.#answers.get(frame.id);
    this.#answers.delete(frame.id);
    clearTimeout(answer?.overdue);
    if (frame.type === "ack") answer?.resolve(frame);
    else answer?.reject(new Refused({ code: frame.code }));
  }

  /** The connection is over, or as good as over: say so, and try again after a pause. */
  #end(code) {
    if (!this.#socket) return;
    this.dispatchEvent(new CustomEvent("close", { detail: { code } }));
    this.#drop();
    this.#isPaused = code === TOO_MANY_SOCKETS; // Tabs that drove each other out would never come to rest.
    if (!this.#isPaused) this.#timer = setTimeout(() => this.#connect(), Math.random() * this.#longestPause(code));
    this.#tellState();
  }

  /** Pauses are random from nothing on: what one event parted must not come back as one. */
  #longestPause(code) {
    const grown = Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** this.#failures++);
    if (code === SERVICE_RESTART) return RESTART_PAUSE;
    return code === READS_TOO_SLOWLY ? Math.max(grown, SLOW_PAUSE) : grown;
  }

  #drop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null; // On a dead link the closing event is minutes away.
      socket.close();
    }
    for (const { reject, overdue } of this.#answers.values()) {
      clearTimeout(overdue);
      reject(new Refused());
    }
    this.#answers.clear();
  }

  /** Back from sleep, from another tab or from no network: be connected at once, and be sure of it. */
  #wake() {
    this.#tellState();
    if (this.#isPaused) return;
    if (this.isOpen && Date.now() - this.#heard < IDLE + ANSWER) return this.#ping(PROBE);
    this.#failures = 0; // Should this very try still fail, the next one follows soon.
    if (this.#socket?.readyState === WebSocket.CONNECTING && Date.now() - this.#begun < PROBE) return;
    this.#drop();
    this.#connect();
  }

  #tick() {
    const due = this.watching().urgent ? TICK : IDLE;
    if (this.isOpen && Date.now() - this.#pinged >= due - TICK / 2) this.#ping(PONG);
  }

  async #ping(patience) {
    this.#pinged = Date.now();
    try {
      const { moved } = await this.request({ type: "ping", open: this.watching().open }, patience);
      if (moved?.length) this.dispatchEvent(new CustomEvent("moved", { detail: moved }));
    } catch (error) {
      if (codeOf(error) !== "lost") throw error;
    }
  }

  #tellState() {
    this.dispatchEvent(new CustomEvent("state", { detail: this.#state }));
  }

  get #state() {
    if (this.#isPaused) return "paused";
    if (!navigator.onLine) return "offline";
    return this.isOpen ? "connected" : "connecting";
  }
}
