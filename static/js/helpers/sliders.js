/** Sliders beside the fields of numbers: a field that is empty is left to the model, and its slider stands at what is usual. */

/** Lets the field follow its slider; whether this was one. */
export function follow(target) {
  if (target.type !== "range") return false;
  fieldOf(target).value = target.value;
  return true;
}

/** Empties the field beside this button. */
export function leave(button) {
  fieldOf(button).value = "";
}

/** Shows at each place whether something is set there, and puts sliders where their fields are. */
export function mark(form) {
  for (const place of form.querySelectorAll("[data-parameter]")) {
    const field = place.querySelector("[name]");
    const isSet = field.type === "checkbox" ? field.checked : field.value !== "";
    place.toggleAttribute("data-differs", isSet && !field.disabled);
    const range = place.querySelector("[type=range]");
    if (!range) continue;
    range.disabled = field.disabled;
    range.value = field.value || range.dataset.usual || (Number(range.min) + Number(range.max)) / 2;
    range.toggleAttribute("data-unset", !isSet);
  }
}

/** Says at each place whose value is the team's that it is; `isSame` tells it of a name. */
export function markTeam(form, sentence, isSame) {
  for (const field of form.querySelectorAll("[name=system_prompt], [data-parameter] [name]:not([name=budget])")) {
    const place = field.closest(".field");
    const said = place.querySelector(".parameters__team") ?? place.appendChild(document.createElement("p"));
    said.className = "field__help parameters__team";
    said.textContent = isSame(field.name) ? sentence : "";
  }
}

const fieldOf = (beside) => beside.closest("[data-parameter]").querySelector("[name]");
