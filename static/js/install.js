// Lets the page be installed where the flag mobile-app is on, and takes that back where it was switched off.
const flags = document.body.dataset.flags;
if ("serviceWorker" in navigator && flags !== undefined) {
  if (flags.split(" ").includes("mobile-app")) navigator.serviceWorker.register("/service-worker.js").catch(() => {});
  else navigator.serviceWorker.getRegistrations().then((all) => all.forEach((one) => one.unregister()));
}
