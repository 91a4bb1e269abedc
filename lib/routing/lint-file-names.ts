import { KeyPattern } from './key-pattern.ts';
import { quoteRegex } from './linear-regex.ts';
import { nearMatch } from './pattern-near.ts';
import { DEFAULT_REGEX, type PatternPart } from './pattern-part.ts';
import type { Finding } from './problems.ts';
import type { Route } from './route.ts';

/**
 * What is suspicious about the file names that a route waits for: its pattern looks like the names of a well-known
 * program, and matches none of them. Undefined for any pattern that could match one, or that looks like none.
 */
export function checkFileNames(route: Pick<Route, 'pattern' | 'gather'>): Finding | undefined {
  const file = fileParts(route.pattern.parts);
  return checkFastq(file, neededValues(route)) ?? checkKnownNames(file);
}

/** The parts after the last slash of the pattern. */
function fileParts(parts: readonly PatternPart[]): readonly PatternPart[] {
  for (let index = parts.length - 1; index >= 0; index -= 1) {
    const part = parts[index];
    if (part?.kind !== 'literal' || !part.text.includes('/')) continue;
    const text = part.text.slice(part.text.lastIndexOf('/') + 1);
    const rest = parts.slice(index + 1);
    return text === '' ? rest : [{ kind: 'literal', text }, ...rest];
  }
  return parts;
}

function neededValues({ gather }: Pick<Route, 'gather'>): ReadonlyMap<string, readonly string[]> {
  if (gather?.needs.kind !== 'product') return new Map();
  return new Map(gather.needs.lists.map(({ name, values }) => [name, values]));
}

/**
 * BCL Convert, bcl2fastq and DRAGEN: `<Sample_ID>_S#_L00#_R#_001.fastq.gz`, without `_L00#` when lanes are not split,
 * `I` for index reads, `.fastq.ora` when DRAGEN compresses. From the sample's end on, since a sample may be called anything.
 */
const FASTQ_TAILS = ['_S1_L001', '_S12_L004', '_S0_L002', '_S1', '_S12', '_S0'].flatMap((place) =>
  ['R1', 'R2', 'I1', 'I2'].flatMap((read) => [`${place}_${read}_001.fastq.gz`, `${place}_${read}_001.fastq.ora`]),
);
const FASTQ_SHAPE = '{sample}_S{n,[0-9]+}_L{lane,[0-9]{3}}_R{read,[12]}_001.fastq.gz';
/** Where a FASTQ's name shows whose it is: a sample number or a lane, or a read before the last `_001`. `\0` is a wildcard. */
const FASTQ_SIGN = /_S(?:\0|[0-9]+)(?=[_\0]|\.f)|_L(?:\0|[0-9]+)(?=[_\0]|\.f)|_[RI](?:\0|[12])_0*1(?=\.f)/i;
const FASTQ_ENDING = /\.f(?:ast)?q(?:\.[a-z0-9]+)?$/i;
/** What the fields of such a name look like. A wildcard that matches none of them stands for something else. */
const FIELD_VALUES = ['1', '01', '001', 'R1', 'S1', 'L1', 'L01', 'L001', 'I1'];

function checkFastq(file: readonly PatternPart[], needed: ReadonlyMap<string, readonly string[]>): Finding | undefined {
  const skeleton = file.map((part) => (part.kind === 'literal' ? part.text : '\0')).join('');
  const sign = FASTQ_ENDING.test(skeleton) ? FASTQ_SIGN.exec(skeleton) : null;
  if (sign === null) return undefined;
  const tail = partsFrom(file, sign.index).map((part) => asField(part, needed));
  const examples = FASTQ_TAILS.flatMap((example) => tailFrom(example, sign[0].slice(0, 2)));
  if (examples.some((example) => matches(tail, example))) return undefined;
  const [nearest] = examples
    .map((example) => ({ example, ...nearMatch(tail, example) }))
    .sort((a, b) => b.matchedText.length - a.matchedText.length);
  const why =
    nearest === undefined ? '' : `: of SAMPLE${nearest.example}, ${nearest.reason.replace(/^the key /, 'it ')}`;
  return { message: `looks like the FASTQ names of BCL Convert, ${FASTQ_SHAPE}, and matches none of them${why}` };
}

/** The parts from an offset of the skeleton on, where each wildcard counts as one character. */
function partsFrom(parts: readonly PatternPart[], offset: number): readonly PatternPart[] {
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const length = part.kind === 'literal' ? part.text.length : 1;
    if (part.kind === 'literal' && offset < at + length) {
      return [{ kind: 'literal', text: part.text.slice(offset - at) }, ...parts.slice(index + 1)];
    }
    at += length;
  }
  return [];
}

/** The example from the field on that the sign begins with: `_S`, `_L`, `_R` or `_I`. */
function tailFrom(example: string, field: string): readonly string[] {
  const start = example.indexOf(field.toUpperCase());
  return start === -1 ? [] : [example.slice(start)];
}

/** Needed values are all that a wildcard may be. One that matches no field at all is taken to match anything. */
function asField(part: PatternPart, needed: ReadonlyMap<string, readonly string[]>): PatternPart {
  if (part.kind === 'literal') return part;
  const values = needed.get(part.name);
  if (values !== undefined) return { ...part, regex: values.map(quoteRegex).join('|') };
  return FIELD_VALUES.some((value) => matches([part], value)) ? part : { ...part, regex: DEFAULT_REGEX };
}

function matches(parts: readonly PatternPart[], text: string): boolean {
  return new KeyPattern('', parts).match(text) !== undefined;
}

interface KnownNames {
  readonly writer: string;
  /** `tail`: what follows the sample's name. `whole`: the file's whole name. */
  readonly kind: 'tail' | 'whole';
  readonly names: readonly string[];
}

const KNOWN_NAMES: readonly KnownNames[] = [
  {
    writer: 'Illumina instruments and BCL Convert',
    kind: 'whole',
    names: [
      'CopyComplete.txt',
      'RTAComplete.txt',
      'RunInfo.xml',
      'RunParameters.xml',
      'RunCompletionStatus.xml',
      'SampleSheet.csv',
      'fastq_list.csv',
    ],
  },
  {
    writer: 'DRAGEN',
    kind: 'tail',
    names: [
      '.hard-filtered.vcf.gz',
      '.hard-filtered.gvcf.gz',
      '.hard-filtered.vcf.gz.tbi',
      '.hard-filtered.gvcf.gz.tbi',
      '.sv.vcf.gz',
      '.cnv.vcf.gz',
      '.mapping_metrics.csv',
      '.vc_metrics.csv',
      '.bam.bai',
      '.cram.crai',
    ],
  },
  {
    writer: 'nf-core/sarek',
    kind: 'tail',
    names: [
      '.md.cram',
      '.md.cram.crai',
      '.recal.cram',
      '.recal.cram.crai',
      '.haplotypecaller.vcf.gz',
      '.haplotypecaller.filtered.vcf.gz',
      '.haplotypecaller.g.vcf.gz',
      '.deepvariant.vcf.gz',
      '.deepvariant.g.vcf.gz',
      '.strelka.variants.vcf.gz',
      '.mutect2.filtered.vcf.gz',
    ],
  },
  { writer: 'nf-core/rnaseq', kind: 'tail', names: ['.markdup.sorted.bam', '.markdup.sorted.bam.bai'] },
  { writer: 'nf-core pipelines', kind: 'whole', names: ['samplesheet.csv', 'multiqc_report.html', 'params.json'] },
];

/** A name that differs from a known one by case, separators or the `.gz` only. */
function checkKnownNames(file: readonly PatternPart[]): Finding | undefined {
  for (const { kind, text } of literalNames(file)) {
    const known = KNOWN_NAMES.filter((group) => group.kind === kind);
    if (known.some(({ names }) => names.includes(text))) continue;
    for (const { writer, names } of known) {
      const meant = names.find((name) => isNear(text, name));
      if (meant !== undefined)
        return { message: `says '${text}', which is nearly a name that ${writer} write`, suggestion: meant };
    }
  }
  return undefined;
}

function isNear(text: string, name: string): boolean {
  const [plain, known] = [plainOf(text), plainOf(name)];
  return plain === known || `${plain}gz` === known;
}

function plainOf(name: string): string {
  return name.toLowerCase().replaceAll(/[._-]/g, '');
}

/** Names that the file part says outright: whole, after its last wildcard, or as one choice of a wildcard. */
function literalNames(file: readonly PatternPart[]): readonly { kind: KnownNames['kind']; text: string }[] {
  const last = file.at(-1);
  const [only] = file.length === 1 ? file : [];
  if (only?.kind === 'wildcard') {
    const choices = only.regex.split('|').filter((choice) => !/[[\](){}*+?^$]|\\[^.]|(?<!\\)\./.test(choice));
    return choices.map((choice) => ({ kind: 'whole', text: choice.replaceAll('\\.', '.') }));
  }
  if (last?.kind !== 'literal') return [];
  return [{ kind: only === undefined ? 'tail' : 'whole', text: last.text }];
}
