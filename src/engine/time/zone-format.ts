/**
 * Formats an instant into the parts of a zone's wall clock, seconds and era included.
 * Throws RangeError when `timeZone` is no name of the IANA database known here.
 */
export function zoneFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}
