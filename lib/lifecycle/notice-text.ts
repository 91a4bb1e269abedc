/** What people read of an event. It ends with the event's id, by which two copies of it are known for the same. */
export function noticeText(eventId: string, lines: readonly string[]): string {
  return [...lines, '', `Event ${eventId}. The same event may come more than once.`].join('\n');
}
