/** Which of the composer's models a person takes most. */

/** So many are seen at once: they need neither a search nor groups. */
export const FEW = 6;

/** Favourites, then those that were used or chosen last, then all others in their order. */
export function firstOf(options) {
  const favourites = options.filter(isFavourite);
  const recent = recentOf(options.filter((option) => !isFavourite(option)));
  return [...new Set([...favourites, ...recent, ...options])];
}

/** Those that were used or chosen last, the last one first. */
export function recentOf(options) {
  const used = options.filter(({ dataset }) => dataset.recent);
  return used.sort((one, other) => Number(one.dataset.recent) - Number(other.dataset.recent));
}

export const isFavourite = ({ dataset }) => "favourite" in dataset;
