/** Sliders beside the fields of numbers: a field that is empty is left to the model, and its slider stands at what is usual. */

/** Lets the field follow its slider; whether this was one. */
export function follow(target) {
  if (target.type !== "range") return false;
  fieldOf(target).value = target.value;
  return true;
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

const fieldOf = (range) => range.closest("[data-parameter]").querySelector("[name]");
