/**
 * The one connection: commands that are answered, events, and a way to the site that is found again by itself.
 *
 * A websocket carries it or, where none gets through while HTTP does, an event stream; see models/way.js.
 * Dispatches "open", "frame" (detail: the event), "moved" (conversations that changed unseen), "close" (detail: {code}) and
 * "state" (detail: connected, limited, connecting, offline, resting or, when this tab has made room for others, paused).
 */

import { newId } from "../helpers/ids.js";
import { Refused, codeOf } from "../helpers/refused.js";
import { Answers } from "./answers.js";
import { pauseAfter } from "./pauses.js";
import { Way } from "./way.js";

const [ANSWER, PONG, PROBE, TICK, IDLE] = [10_000, 5_000, 1_500, 2_000, 25_000];
/** Browsers hold a try back by up to 5 seconds once many have failed: what gave up before would never connect. */
const CONNECT = 8_000;
/** Between two looks at everything, where nothing is told by itself. */
const RESYNC = 10_000;
const [LOST, TOO_MANY_SOCKETS] = [1006, 4409];

export class Socket extends EventTarget {
  #socket = null;
  #answers = new Answers();
  #timer = 0;
  #failures = 0;
  #begun = 0;
  #heard = 0;
  #pinged = 0;
  #isPaused = false;
  #isResting = false;
  #way;

  /** For this person's page, whoever may be signed in when it connects. */
  constructor(path, person) {
    super();
    const address = `${location.protocol.replace("http", "ws")}//${location.host}${path}?person=${person}`;
    this.#way = new Way(address, (found) => this.#change(found), (code) => this.#tellEnd(code));
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

  /** Why no websocket is used, as far as one can see from here; see models/way.js. */
  get trouble() {
    return this.#way.trouble;
  }

  /** Somebody wants to use this tab: connects now rather than after the pause, in the place of another tab if need be. */
  hurry() {
    this.#isPaused = this.#isResting = false;
    if (!this.#socket) this.#connect();
  }

  /** Sends a command; resolves with its ack, rejects with Refused. An answer overdue ends the connection. */
  request(command, patience = ANSWER) {
    if (!this.isOpen) return Promise.reject(new Refused());
    const id = command.id ?? newId();
    const answer = this.#answers.expect(id, patience, () => this.#end({ code: LOST, isSilent: true }));
    this.#socket.send(JSON.stringify({ ...command, id }));
    return answer;
  }

  #connect() {
    clearTimeout(this.#timer);
    if (!this.#way.isReady) return this.#prepare();
    this.#begun = performance.now();
    this.#take(this.#way.open());
    this.#timer = setTimeout(() => this.#end({ code: LOST, isSilent: true }), CONNECT);
    this.#tellState();
  }

  async #prepare() {
    await this.#way.prepare();
    if (!this.#socket && !this.#isPaused && !this.#isResting) this.#connect();
  }

  #take(socket) {
    this.#socket = socket;
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = (end) => this.#end(end);
  }

  /** A better way was found: what has no answer yet is asked again on it. */
  #change(socket) {
    if (this.#isPaused || this.#isResting) return socket.close();
    this.#drop();
    this.#take(socket);
    this.#opened();
  }

  #opened() {
    clearTimeout(this.#timer);
    this.#heard = this.#pinged = performance.now();
    this.#tellState();
    this.dispatchEvent(new CustomEvent("open"));
  }

  #receive(frame) {
    this.#heard = performance.now();
    this.#failures = 0;
    this.#way.works();
    if (!this.#answers.take(frame)) this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  /** The connection is over, or as good as over: say so, and try again after a pause. */
  #end({ code, isSilent = false, isHeldBack = false }) {
    if (!this.#socket) return;
    this.#way.failed({ wasOpen: this.isOpen, isSilent, isHeldBack });
    this.#tellEnd(code);
    this.#drop();
    this.#isPaused = code === TOO_MANY_SOCKETS; // Tabs that drove each other out would never come to rest.
    if (!this.#isPaused) this.#timer = setTimeout(() => this.#connect(), pauseAfter(code, this.#failures++));
    this.#tellState();
  }

  #drop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null; // On a dead link the closing event is minutes away.
      socket.close();
    }
    this.#answers.lose();
  }

  /** Back from sleep, from another tab or from no network: be connected at once, and be sure of it. */
  #wake() {
    this.#isResting = false;
    this.#tellState();
    if (this.#isPaused) return;
    this.#way.hurry();
    if (this.isOpen && performance.now() - this.#heard < IDLE + ANSWER) return this.#ping(PROBE);
    this.#failures = 0; // Should this very try still fail, the next one follows soon.
    if (this.#socket?.readyState === WebSocket.CONNECTING && performance.now() - this.#begun < PROBE) return;
    this.#drop();
    this.#connect();
  }

  #tick() {
    if (!this.isOpen) return;
    if (this.#way.mayRest()) return this.#rest();
    this.#way.look(this.#answers.size > 0);
    const { urgent } = this.watching();
    const due = this.#way.polls ? RESYNC : urgent ? TICK : IDLE;
    if (this.#way.polls && urgent) this.dispatchEvent(new CustomEvent("moved"));
    else if (performance.now() - this.#pinged < due - TICK / 2) return;
    else if (this.#way.polls) this.#opened();
    else this.#ping(PONG);
  }

  /** Nobody looks at this tab: what happens meanwhile is fetched when somebody does. */
  #rest() {
    this.#isResting = true;
    this.#drop();
    this.#tellState();
  }

  async #ping(patience) {
    this.#pinged = performance.now();
    try {
      const { moved } = await this.request({ type: "ping", open: this.watching().open }, patience);
      if (moved?.length) this.dispatchEvent(new CustomEvent("moved", { detail: moved }));
    } catch (error) {
      if (codeOf(error) !== "lost") throw error;
    }
  }

  #tellEnd(code) {
    this.dispatchEvent(new CustomEvent("close", { detail: { code } }));
  }

  #tellState() {
    this.dispatchEvent(new CustomEvent("state", { detail: this.#state }));
  }

  get #state() {
    if (this.#isPaused) return "paused";
    if (this.#isResting) return "resting";
    if (!navigator.onLine) return "offline";
    if (!this.isOpen) return "connecting";
    return this.#way.isLimited ? "limited" : "connected";
  }
}
