/** What runs in a browser while no page of the site is open: it shows what is pushed, and leads to its page. */

self.addEventListener("push", (event) => {
  const { title, body, tag, url } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, tag, data: url }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead(event.notification.data));
});

/** To a page that shows it already, or to a new one, at the address by which this browser knows the site. */
async function lead(address) {
  const { pathname, search, hash } = new URL(address);
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find(({ url }) => new URL(url).pathname === pathname);
  return there ? there.focus() : self.clients.openWindow(pathname + search + hash);
}
