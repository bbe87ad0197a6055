/** What a reply was: who answered it, how fast, with how many tokens, at what cost; and what another version said. */

import { placePart } from "../helpers/page-parts.js";
import { placeBeside } from "../helpers/popover-position.js";
import { clone } from "../helpers/templates.js";
import { page } from "../models/page.js";

/** Asks the server for the details of a reply, and shows them beside a button of its message. */
export async function showDetails(reply, button) {
  const panel = document.getElementById("reply-details") ?? document.body.appendChild(clone("reply-details-template"));
  panel.replaceChildren();
  const isHere = await placePart(page.urls.reply(reply), panel).then(() => true, () => false);
  if (!isHere) return button.closest("message-actions").say("lost");
  panel.querySelector('a[href^="#"]')?.addEventListener("click", () => panel.hidePopover());
  panel.showPopover();
  placeBeside(panel, button);
  panel.querySelector("button").focus({ preventScroll: true });
}
