/** Text by the columns that it takes on a terminal: a full-width character takes two, a combining mark or a colour none. Pure. */
import stringWidth from 'string-width';

const characters = new Intl.Segmenter();

export function displayWidth(text: string): number {
  return stringWidth(text);
}

/** Cut to `width` with an ellipsis where it does not fit, never within what is seen as one character. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  const room = width <= 1 ? width : width - 1;
  let kept = '';
  let taken = 0;
  for (const { segment } of characters.segment(text)) {
    taken += displayWidth(segment);
    if (taken > room) break;
    kept += segment;
  }
  return width <= 1 ? kept : `${kept}…`;
}

export function padEnd(text: string, width: number): string {
  return `${text}${gap(text, width)}`;
}

export function padStart(text: string, width: number): string {
  return `${gap(text, width)}${text}`;
}

function gap(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - displayWidth(text)));
}
