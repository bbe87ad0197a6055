/** The fields of the search: a choice is looked for at once, and the address names only what was asked. */

const form = document.querySelector(".search__form");

form.addEventListener("change", ({ target }) => target.matches("select, [type=checkbox]") && form.requestSubmit());
form.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
});
