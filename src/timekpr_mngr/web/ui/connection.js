// A lost connection is shown, and healed: the page comes back by itself, and never turns into the browser's own error.
(() => {
  const PATIENCE_MS = 1200; // a phone that blinks says nothing
  let lostAt = null, timer = null;

  const isLost = () => document.body.classList.contains("lost");

  function show() {
    const popup = document.getElementById("popup");
    const [headline, detail] = popup.querySelectorAll("span");
    popup.setAttribute("role", "status");
    headline.textContent = tkSaid.lost;
    const time = lostAt.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    detail.textContent = tkSaid.since.replace("{time}", time);
    document.body.classList.add("lost");
  }

  function lost() {
    lostAt ??= new Date();
    timer ??= setTimeout(show, PATIENCE_MS);
  }

  function found() {
    clearTimeout(timer);
    lostAt = timer = null;
    document.body.classList.remove("lost");
  }

  // What is pressed now would be sent much later, without a word: nothing can be pressed, and the reason moves.
  function refuse(event) {
    if (!isLost() || !event.target.closest?.("a, button, [role=button], .q-btn, .q-toggle, .q-radio, .q-item")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const popup = document.getElementById("popup");
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches)
      popup.animate([{ translate: "0" }, { translate: "-6px" }, { translate: "6px" }, { translate: "0" }], 240);
  }
  for (const kind of ["click", "submit"]) document.addEventListener(kind, refuse, true);

  // NiceGUI loads the page anew when a connection takes too long: where nobody answers, that would be the end of it.
  async function reloadIfThere() {
    try {
      if ((await fetch(location.href, { method: "HEAD", cache: "no-store" })).status < 500) location.reload();
    } catch {
      // nobody there yet: the socket tries again
    }
  }

  function watch(socket) {
    socket.on("connect", found);
    socket.on("disconnect", lost);
    const theirs = socket.listeners("connect_error");
    socket.off("connect_error");
    socket.on("connect_error", (problem) => {
      lost();
      if (problem.message === "Implicit handshake failed") reloadIfThere();
      else if (problem.message === "timeout" && socket.io.opts.transports[0] === "websocket") {
        theirs.forEach((listener) => listener(problem)); // it falls back to polling first
      }
    });
    // What the service itself had ended is not tried again by the socket. One that is on its way must not be told to
    // connect: it would do so twice, and the service would end it.
    const wake = () => socket.active || socket.connect();
    for (const kind of ["online", "pageshow"]) addEventListener(kind, wake);
    document.addEventListener("visibilitychange", () => document.hidden || wake());
  }

  const waiting = setInterval(() => {
    if (!window.socket) return;
    clearInterval(waiting);
    watch(window.socket);
  }, 50);
})();
