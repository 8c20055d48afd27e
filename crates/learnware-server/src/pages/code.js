// Sends the code behind the `#` of this page's address, with what was typed.
const form = document.querySelector("form");
const status = document.querySelector("[role=status]");
const code = location.hash.slice(1);
// Whoever looks at the history later finds no code.
history.replaceState(null, "", location.pathname);
if (!code) {
  status.textContent = "The link has no code: copy the whole of it out of the letter.";
}
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  const document = { code, ...Object.fromEntries(new FormData(form)) };
  try {
    const answer = await fetch(form.dataset.route, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(document),
    });
    if (answer.ok) {
      form.hidden = true;
      status.textContent = form.dataset.done;
      return;
    }
    status.textContent = (await answer.json()).title;
  } catch {
    status.textContent = "The dock does not answer. Try again.";
  }
  button.disabled = false;
});
