/** What one may do with a conversation: at its row, and at the head of the open one. */

import { archive, drop, file, move, set } from "../helpers/conversation-acts.js";
import { stateOf, toRow } from "../helpers/conversation-rows.js";
import { fetchConversation } from "../helpers/fetch-list.js";
import { fetchPart } from "../helpers/loading.js";
import { stepThrough } from "../helpers/menu-keys.js";
import { placeBeside } from "../helpers/popover-position.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";

class ConversationMenu extends HTMLElement {
  #button = null;
  #chosen = null;

  connectedCallback() {
    this.addEventListener("click", ({ target }) => this.#clicked(target.closest("button")));
    this.addEventListener("keydown", (event) => stepThrough(this, event));
    this.addEventListener("toggle", ({ newState }) => (this.#button.ariaExpanded = String(newState === "open")));
  }

  /** Shows the items that `isOffered` at this button; `chosen` is called with the one that is clicked. */
  open(button, isOffered, chosen) {
    [this.#button, this.#chosen] = [button, chosen];
    for (const item of this.querySelectorAll("button")) item.hidden = !isOffered(item.dataset);
    this.showPopover();
    placeBeside(this, button);
    this.querySelector("button:not([hidden])")?.focus({ preventScroll: true });
  }

  #clicked(item) {
    if (!item) return;
    this.hidePopover();
    this.#chosen(item.dataset);
  }
}

customElements.define("conversation-menu", ConversationMenu);

/** Opens the menu of this row's conversation or, without a row, of the open one. */
export async function openAt(button, row = null) {
  if (button.ariaExpanded === "true") return;
  const state = await known(row ?? document.querySelector("conversation-list").find(page.conversation), row);
  if (!state) return;
  menu("conversation-menu-template", button).open(
    button,
    ({ act }) => isOffered(act, state, row),
    ({ act }) => carryOut(act, state, button, row),
  );
}

/** Lets somebody choose where these conversations shall go. */
export function chooseTarget(button, conversations) {
  menu("move-menu-template", button).open(button, (target) => isElsewhere(target, conversations), (target) => {
    if (target.act === "file") file(conversations, target.project);
    else move(conversations, target.team);
  });
}

/** Whether something can be moved there; one who does not decide who reads it files it within its team. */
function isElsewhere(target, conversations) {
  const [{ team, project, may }] = conversations;
  if (conversations.length > 1) return true;
  if (target.act !== "file") return may === "decide" && target.team !== team;
  return target.project ? target.project !== project && (may === "decide" || target.team === team) : Boolean(project);
}

/** What a row shows says enough, once it is known what its reader may do. */
async function known(row) {
  if (row?.dataset.may) return stateOf(row);
  const conversation = await fetchConversation(row?.dataset.id ?? page.conversation);
  const found = conversation && toRow(conversation);
  return found && { ...found, team: found.team?.id ?? "" };
}

function isOffered(act, { may, pinned, muted, unread, archived }, row) {
  const offered = {
    rename: row && may !== "read" && !row.closest(".rows--found"),
    select: row && !row.closest(".rows--found"),
    pin: !pinned && !archived,
    unpin: pinned && !archived,
    mute: !muted,
    unmute: muted,
    unread: !unread,
    read: unread,
    move: may === "decide" || (may === "write" && document.querySelector("#move-menu-template").content.querySelector("[data-act=file]")),
    find: true,
    export: true,
    archive: !archived,
    unarchive: archived,
    delete: may === "decide",
  };
  return Boolean(offered[act]);
}

async function carryOut(act, state, button, row) {
  if (act === "archive") await archive([state]);
  else if (act === "delete") await drop([state]);
  else if (act === "move") chooseTarget(button, [state]);
  else if (act === "rename") await rename(row);
  else if (act === "find") location.assign(`${document.getElementById("find").action}?conversation=${state.id}`);
  else if (act === "export") (await fetchPart(() => import("./export-menu.js")))?.open(button, state.id);
  else if (act === "select") (await fetchPart(() => import("./list-selection.js")))?.begin(row);
  else await set(act, [state]);
}

async function rename(row) {
  const link = row.querySelector(".row__link");
  const saved = (detail) => document.dispatchEvent(new CustomEvent("arranged", { detail }));
  const loaded = await fetchPart(() => import("./title-field.js"));
  loaded?.open({ id: row.dataset.id, shown: link, button: link, title: row.querySelector(".row__title").textContent, saved });
}

/** A menu within the drawer leaves the drawer open: one beside it would close it. */
function menu(template, button) {
  const place = button.closest("[popover]") ?? document.body;
  document.querySelector("conversation-menu")?.remove();
  return place.appendChild(clone(template));
}
