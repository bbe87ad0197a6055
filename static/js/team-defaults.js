/** The defaults of a team: the same sliders as in a conversation's panel of settings. */

import { follow, leave, mark } from "./helpers/sliders.js";

const form = document.querySelector(".parameters--page");
const { budget, thinking } = form.elements;

/** For models of all kinds, so with what most of them do. */
function show() {
  const hasBudget = thinking.value === "budget";
  budget.disabled = budget.closest("[data-budget]").hidden = !hasBudget;
  mark(form);
}

for (const place of form.querySelectorAll(".slider")) {
  const { usual } = place.querySelector("[type=range]").dataset;
  place.querySelector("[type=number]").placeholder = usual ?? "";
  place.querySelector(".slider__usual").textContent = usual ? form.dataset.usual.replace("{usual}", usual) : form.dataset.default;
}
form.addEventListener("input", ({ target }) => {
  follow(target);
  show();
});
form.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-leave]");
  if (!button) return;
  leave(button);
  show();
});
show();
