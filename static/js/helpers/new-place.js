/** Where a new conversation is to begin: in a team, or in a project, which says of which team it is. */

import { page } from "../models/page.js";

export function newPlace() {
  const { form, dataset } = document.querySelector("message-composer");
  if (page.conversation) return {};
  return { team: form.team?.value ?? dataset.team, project: dataset.project };
}
