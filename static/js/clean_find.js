// A find form says only what is asked for: empty fields stay out of the address. Without script the server takes them out.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches?.("form.filter")) return;
  for (const name of new Set(event.formData.keys())) {
    const said = event.formData.getAll(name).filter((value) => value !== "");
    event.formData.delete(name);
    for (const value of said) event.formData.append(name, value);
  }
});
