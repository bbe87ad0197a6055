/** The administration's table of models: a row moves up or down in place, and the focus stays on its button. */

document.getElementById("move").addEventListener("submit", async (event) => {
  const { submitter, target: form } = event;
  const row = submitter.closest("tr");
  const isUp = submitter.value.endsWith(":-1");
  const neighbour = isUp ? row.previousElementSibling : row.nextElementSibling;
  if (!neighbour) return; // On another page of the list, or nowhere: the server knows.
  event.preventDefault();
  const response = await fetch(location.href, { method: "POST", body: new FormData(form, submitter) }).catch(() => null);
  if (!response?.ok) return location.reload();
  if (isUp) neighbour.before(row);
  else neighbour.after(row);
  submitter.focus();
});
