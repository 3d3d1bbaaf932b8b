// An idempotency key belongs to one decision of the server. After an answer the next send is a new act; after a
// 5xx or a lost line the same key is sent again, so that nothing happens twice.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(26));
  return [...bytes].map((byte) => ALPHABET[byte % 32]).join("");
}

function renew(root) {
  for (const field of root.querySelectorAll('input[name="idempotency_key"]')) field.value = newKey();
}

document.addEventListener("htmx:finally:request", (event) => {
  const form = event.target.closest?.("form") || event.target.form;
  const status = event.detail.ctx.response?.status ?? 500;
  if (form && status < 500) renew(form);
});
document.addEventListener("qd:new-form", (event) => renew(event.detail.form));
addEventListener("pageshow", (event) => {
  if (event.persisted) renew(document);
});
