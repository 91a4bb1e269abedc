import fc from 'fast-check';
import { it } from 'vitest';
import { wildcardMatcher } from '../../../local/eventbridge/wildcard.ts';

it('matches what the same wildcard as a regular expression matches', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
  const wildcards = fc.array(fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 2 }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(wildcards, letters, (pieces, text) => {
      const wildcard = pieces.join('*').replace(/\*+/g, '*');
      return wildcardMatcher(wildcard)(text) === new RegExp(`^${wildcard.replaceAll('*', '.*')}$`).test(text);
    }),
    { numRuns: 2_000 },
  );
});
