// Controls that only work with script are hidden in the page and shown here.
for (const element of document.querySelectorAll("[data-script-only]")) element.hidden = false;
