// Numbers as people read them. Whatever is not a number is a dash.

const dash = "–";
const join = "\u00a0";  // no line ends between a number and its unit
const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const short = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });

const known = (value) => typeof value === "number" && Number.isFinite(value);

export const count = (value) =>
  !known(value) ? dash : Math.abs(value) < 1e7 ? whole.format(value) : short.format(value);

/// "1 packet", "2 packets".
export const some = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/// A rate; small ones keep a decimal, so that one reply in five seconds does not look like none.
export const rate = (value) =>
  !known(value) ? dash : value > 0 && value < 10 ? tenths.format(value) : count(value);

export const ratio = (value) => (known(value) ? value.toFixed(2) : dash);

export const percent = (share) => {
  if (!known(share)) return dash;
  const value = share * 100;
  return `${value > 0 && value < 10 ? tenths.format(value) : whole.format(value)}${join}%`;
};

export const milliseconds = (value) => {
  if (!known(value)) return dash;
  if (value === 0) return `0${join}ms`;
  if (value < 10) return `${tenths.format(value)}${join}ms`;
  if (value < 1000) return `${whole.format(value)}${join}ms`;
  return value < 60_000 ? `${tenths.format(value / 1000)}${join}s` : duration(value / 1000);
};

/// "3 d 4 h": the two largest units.
export const duration = (seconds) => {
  if (!known(seconds)) return dash;
  const units = [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]];
  let rest = Math.max(0, Math.floor(seconds));
  const parts = [];
  for (const [unit, size] of units) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0 || (unit === "s" && parts.length === 0)) parts.push(`${amount}${join}${unit}`);
    if (parts.length === 2) break;
  }
  return parts.join(" ");
};
