/** What the linters found, against what is accepted with a reason. */

export interface Finding {
  readonly linter: string;
  /** As the linter calls it: `W3045`, `CT.LAMBDA.PR.3`. */
  readonly rule: string;
  /** Logical id in the template, or `template` for what belongs to no resource. */
  readonly resource: string;
  readonly message: string;
}

/** One entry of deploy/accepted-findings.yml. */
export interface Accepted {
  readonly linter: string;
  readonly rule: string;
  /** Logical ids; `*` stands for any characters. */
  readonly resources: readonly string[];
  readonly reason: string;
}

export interface Judgement {
  readonly refused: readonly Finding[];
  readonly accepted: readonly Finding[];
  /** Accepted entries, by resource, that fit no finding any more. */
  readonly stale: readonly string[];
}

export function judge(findings: readonly Finding[], entries: readonly Accepted[]): Judgement {
  const exceptions = entries.flatMap((entry) => entry.resources.map((resource) => ({ ...entry, resource })));
  const fits = (exception: (typeof exceptions)[number], finding: Finding) =>
    exception.linter === finding.linter &&
    exception.rule === finding.rule &&
    glob(exception.resource).test(finding.resource);
  const isAccepted = (finding: Finding) => exceptions.some((exception) => fits(exception, finding));
  return {
    refused: findings.filter((finding) => !isAccepted(finding)),
    accepted: findings.filter(isAccepted),
    stale: exceptions
      .filter((exception) => !findings.some((finding) => fits(exception, finding)))
      .map(({ linter, rule, resource }) => `${linter} ${rule} ${resource}`),
  };
}

/** @throws Error naming the entry that is not complete: an exception without a reason is none. */
export function readAccepted(content: unknown): readonly Accepted[] {
  if (!Array.isArray(content)) throw new Error('The accepted findings are not a list.');
  return content.map((entry: unknown, index) => {
    const { linter, rule, resources, reason } = (entry ?? {}) as Record<string, unknown>;
    const texts = [linter, rule, reason].every((text) => typeof text === 'string' && text.trim() !== '');
    if (!texts || !Array.isArray(resources) || resources.length === 0) {
      throw new Error(`Accepted finding ${index + 1} (${String(rule)}) needs linter, rule, resources and a reason.`);
    }
    return { linter, rule, resources: resources.map(String), reason } as Accepted;
  });
}

function glob(text: string): RegExp {
  return new RegExp(
    `^${text
      .split('*')
      .map((piece) => piece.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
      .join('.*')}$`,
  );
}
