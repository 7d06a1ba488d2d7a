/**
 * Named places where recovery tests end the process as `kill -9` does. Off unless TRIPLINE_FAILPOINT
 * names one (`name`, or `name:n` for its n-th hit); the setting is read once, so a call costs a comparison.
 */
const [armed, nth] = (process.env.TRIPLINE_FAILPOINT ?? '').split(':');
let hitsLeft = Number(nth ?? 1);

/** Ends the process at once when this failpoint is the armed one and its hit has come. */
export function failpoint(name: string): void {
  if (armed !== name || --hitsLeft > 0) return;
  process.kill(process.pid, 'SIGKILL');
}
