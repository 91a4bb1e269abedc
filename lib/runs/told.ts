/** Whom word of something has reached: what is announced has a mark for each, so that neither hears it twice. */
export interface Told {
  /** By an event on the bus. */
  readonly programs: boolean;
  /** By a message of the topic. */
  readonly people: boolean;
}

/** By their marks, the times at which the bus and the topic took it. */
export function toldBy(programsAt: string | undefined, peopleAt: string | undefined): Told {
  return { programs: programsAt !== undefined, people: peopleAt !== undefined };
}

export function isEverybodyTold({ programs, people }: Told): boolean {
  return programs && people;
}

/** What `told` adds to `before`; `undefined` when that is nothing. */
export function newlyTold(told: Told, before: Told): Told | undefined {
  const news = { programs: told.programs && !before.programs, people: told.people && !before.people };
  return news.programs || news.people ? news : undefined;
}
