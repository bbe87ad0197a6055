/** What a reply was: who answered it, how fast, with how many tokens, at what cost. */

import { fragment } from "../helpers/html.js";
import { placeBeside } from "../helpers/popover-position.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";

/** Asks the server for the details of a reply, and shows them beside a button of its message. */
export async function showDetails(reply, button) {
  const response = await fetch(page.urls.reply(reply)).catch(() => null);
  if (!response?.ok) return button.closest("message-actions").say("lost");
  const panel = document.getElementById("reply-details") ?? document.body.appendChild(clone("reply-details-template"));
  panel.replaceChildren(fragment(await response.text()));
  panel.showPopover();
  placeBeside(panel, button);
  panel.querySelector("button").focus({ preventScroll: true });
}
