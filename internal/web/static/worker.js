// The worker that shows notices while no page is open. It answers for no page, keeps
// nothing and asks for nothing: it shows what came, and opens the account's page.

self.addEventListener("push", (event) => {
  const { title, body, tag } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body, tag, icon: "/static/icon.svg" }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow("/account"));
});
