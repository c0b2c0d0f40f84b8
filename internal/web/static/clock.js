// Lets the demonstration's simulated clock run on while a page stays open, so that
// a closing can be watched. It is only shown: the server decides.

// run goes on from the instant that the page was made at, as fast as it says.
export function run(time) {
  const shown = Date.parse(time.dateTime);
  const speed = Number(time.dataset.speed);
  const lang = document.documentElement.lang;
  setInterval(() => {
    const text = moment(lang, new Date(shown + performance.now() * speed));
    if (time.textContent !== text) time.textContent = text;
  }, Math.max(250, Math.min(5_000, 20_000 / speed)));
}

// moment is the day and the hour as every page writes them. The demonstration
// takes place in Deux-Sèvres.
function moment(lang, at) {
  const parts = {};
  const format = new Intl.DateTimeFormat(lang === "fr" ? "fr" : "en-GB", { timeZone: "Europe/Paris",
    weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  for (const { type, value } of format.formatToParts(at)) parts[type] = value;
  const { weekday, day, month, minute } = parts;
  const hour = Number(parts.hour);
  if (lang === "fr") return `${weekday} ${day === "1" ? "1er" : day}\u00a0${month} à ${hour}\u00a0h\u00a0${minute}`;
  return `${weekday} ${day}\u00a0${month} at ${hour % 12 || 12}:${minute}\u00a0${hour < 12 ? "am" : "pm"}`;
}
