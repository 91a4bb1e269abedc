import { describe, expect, it } from 'vitest';
import { readSheet, type Sheet } from '../../../lib/routing/sheet.ts';
import { DEFAULT_SHEET_FORMAT, type SheetFormat } from '../../../lib/routing/sheet-format.ts';
import { SheetRefused } from '../../../lib/routing/sheet-text.ts';

function read(body: string, format: Partial<SheetFormat> = {}, key = 'sheets/a.csv'): Sheet {
  return readSheet(body, key, { ...DEFAULT_SHEET_FORMAT, ...format });
}

/** The rows as an editor would number them: `2: a|b`, or `3! why not`. */
function rowsOf({ rows }: Sheet): readonly string[] {
  return rows.map(({ line, cells, fault }) =>
    fault === undefined ? `${line}: ${cells.join('|')}` : `${line}! ${fault}`,
  );
}

function refusal(body: string, format: Partial<SheetFormat> = {}): string {
  try {
    read(body, format);
  } catch (error) {
    if (error instanceof SheetRefused) return error.message;
    throw error;
  }
  return 'it was read';
}

const latin1 = (text: string) => Buffer.from(text, 'latin1').toString('utf8');
const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').toString('utf8');

describe('a sheet', () => {
  const plain = ['2: S1|x', '3: S2|y'];
  it.each([
    ['CSV', 'sample,file\nS1,x\nS2,y\n', plain],
    ['CSV without a last line break', 'sample,file\nS1,x\nS2,y', plain],
    ['Windows line ends', 'sample,file\r\nS1,x\r\nS2,y\r\n', plain],
    ['old Mac line ends', 'sample,file\rS1,x\rS2,y\r', plain],
    ['mixed line ends', 'sample,file\r\nS1,x\nS2,y\r\n', plain],
    ['a byte order mark', '\uFEFFsample,file\nS1,x\nS2,y\n', plain],
    ['tabs', 'sample\tfile\nS1\tx\nS2\ty\n', plain],
    ['semicolons', 'sample;file\nS1;x\nS2;y\n', plain],
    ['quotes', '"sample","file"\n"S1","x"\n"S2","y"\n', plain],
    ['white space around cells', ' sample , file\nS1 ,\tx\n S2,y \n', plain],
    ['white space around quotes', 'sample, file\n"S1", "x"\n"S2" ,"y"\n', plain],
    ['empty lines', '\n\nsample,file\n\nS1,x\n\n\nS2,y\n\n', ['5: S1|x', '8: S2|y']],
    ['lines of separators only', 'sample,file\n,\nS1,x\n , \nS2,y\n,\n', ['3: S1|x', '5: S2|y']],
    ['comments', '# made by hand, "5\nsample,file\n#S0,w\nS1,x\n  # and\nS2,y\n', ['4: S1|x', '6: S2|y']],
    ['empty cells at the end of each line', 'sample,file,,\nS1,x,,\nS2,y,,\n', plain],
    [
      'a separator, a quote and a line break in quotes',
      'a,b\n"x,1","say ""hi"""\n"two\nlines",y\nz,w\n',
      ['2: x,1|say "hi"', '3: two\nlines|y', '5: z|w'],
    ],
    ['a number sign inside a cell', 'a,b\nx#1,#2\n"#3",y\n', ['2: x#1|#2', '3: #3|y']],
    ['letters of all kinds', 'échantillon,ファイル\nÄ1,🧬\n', ['2: Ä1|🧬']],
    ['one column', 'sample\nS1\nS2\n', ['2: S1', '3: S2']],
  ] as const)('is read: %s', (_, body, rows) => {
    expect(rowsOf(read(body))).toEqual(rows);
  });

  it('is separated by tabs when its key says so, whatever its names hold', () => {
    expect(read('a,1\tb,2\nx\ty\n', {}, 'x.TSV').columns).toEqual(['a,1', 'b,2']);
    expect(read('a;b|c;d\n1|2\n', { delimiter: '|' }).columns).toEqual(['a;b', 'c;d']);
  });

  it.each([
    ['fewer cells', 'a,b,c\n1,2\n4,5,6\n', ['2! 2 cells, but 3 columns', '3: 4|5|6']],
    ['more cells', 'a,b\n1,2,3\n4,5\n', ['2! 3 cells, but 2 columns', '3: 4|5']],
    [
      'fewer cells over lines',
      'a,b\n"1\n2"\n4,5\n',
      ['2! 1 cell, but 2 columns (a quoted cell goes on for 1 more lines)', '4: 4|5'],
    ],
    [
      'a quote that is never closed',
      'a,b\n1,"2\n3,4\n5,6\n',
      ['2! a quotation mark opens and is never closed', '3: 3|4', '4: 5|6'],
    ],
    [
      'a quote inside a cell',
      'a,b\n1,5" disk\n\n# no\n3,"4"\n',
      ['2! a quotation mark inside a cell: put the whole cell in quotation marks, and write it twice', '5: 3|4'],
    ],
    ['a quote that closes early', 'a,b\n"1"x,2\n3,4\n', ['2! a quotation mark closes and the cell goes on', '3: 3|4']],
    ['a bad line at the end', 'a,b\n1,2\n3,"4', ['2: 1|2', '3! a quotation mark opens and is never closed']],
    ['a control character', 'a,b\n1,\u0007\n3,4\n', ['2! cell 2 holds a control character', '3: 3|4']],
  ] as const)('says of one row that it cannot be used, and goes on: %s', (_, body, rows) => {
    const found = rowsOf(read(body));
    expect(found.map((row) => row.replace(/^(\d+! a quotation mark closes and the cell goes on).*$/, '$1'))).toEqual(
      rows,
    );
  });

  it.each([
    ['nothing in it', '', /empty: it needs a line that names its columns/],
    ['comments only', '# a\n\n', /empty/],
    ['no rows', 'a,b\n\n', /^line 1: no rows follow/],
    ['a column without a name', '\na,,c\n1,2,3\n', /^line 2: column 2 has no name$/],
    ['two columns of one name', '# x\na,b, a\n1,2,3\n', /^line 2: columns 1 and 3 have the same name, 'a'$/],
    ['a broken line of names', 'a,"b\n1,2\n', /^line 1: a quotation mark opens/],
    ['Latin-1', latin1('name,b\nx,y\nMüller,y\n'), /^line 3: a character that is not UTF-8/],
    ['UTF-16', utf16('a,b\n1,2\n'), /^line 1: a zero byte: the sheet is UTF-16/],
    ['a workbook', 'PK\u0003\u0004\0\0', /^line 1: a zero byte/],
    ['a name without end', `${'x'.repeat(300)},b\n1,2\n`, /^line 1: the name of column 1 has more than 256/],
    [
      'thousands of columns',
      `${Array.from({ length: 1001 }, (_, i) => `c${i}`).join(',')}\n1\n`,
      /more than 1000 columns/,
    ],
  ] as const)('is refused as a whole, with the line: %s', (_, body, message) => {
    expect(refusal(body)).toMatch(message);
  });

  it('has a bound on its rows, which the route can set', () => {
    const body = `a\n${'1\n'.repeat(11)}`;
    expect(refusal(body, { maxRows: 10 })).toBe(
      'The sheet has more than 10 rows: split it, or raise sheet.maxRows of its route.',
    );
    expect(read(body, { maxRows: 11 }).rows).toHaveLength(11);
    expect(refusal(`a\n${'1\n'.repeat(100_000)}`, { maxRows: 10 })).toContain('more than 10 rows');
    expect(refusal(`a\n"1"\n${'1\n'.repeat(100_000)}`, { maxRows: 10 })).toContain('more than 10 rows');
  });

  it.each([
    ['blank lines', '\n'.repeat(2_000_000)],
    ['separators', ',\n'.repeat(1_000_000)],
    ['sections', '[a_Data]\n'.repeat(200_000)],
    ['a section’s name', `[${'x'.repeat(2_000_000)}]\na\n`],
    ['spaces before nothing', ' '.repeat(2_000_000)],
    ['quotes', '"'.repeat(2_000_001)],
    ['brackets', '['.repeat(2_000_000)],
  ])('of nothing but %s is refused without long thought or a long message', (_, body) => {
    expect(refusal(body).length).toBeLessThan(2_500);
    expect(refusal(body, { section: 'y_data' }).length).toBeLessThan(2_500);
  });

  it('with stray quotation marks everywhere is refused as something else', () => {
    expect(refusal(`a\n${'x"\n'.repeat(200)}`)).toBe(
      'More than 100 lines have stray quotation marks, the first is line 2.',
    );
  });
});

const V1 = `[Header],,,,
IEMFileVersion,4,,,
Date,1/2/2026,,,
Description,a 5" disk,,,
,,,,
[Reads],,,,
151,,,,
,,,,
[Settings],,,,
Adapter,AGATCGGAAGAGC,,,
[Data],,,,
Lane,Sample_ID,index,,
1,S1,ACGT,,
1,S2,TTTT,,
`;

const V2 = `[Header]
FileFormatVersion,2
RunName,R1
[Reads]
Read1Cycles,151
[BCLConvert_Settings]
SoftwareVersion,4.2.7
[BCLConvert_Data]
Lane,Sample_ID,Index
1,S1,ACGT

1,S2,TTTT
[Cloud_Settings]
GeneratedVersion,1
`;

describe('an Illumina sample sheet', () => {
  it('of version 1 has its rows in [Data]', () => {
    const sheet = read(V1);
    expect(sheet.columns).toEqual(['Lane', 'Sample_ID', 'index']);
    expect(rowsOf(sheet)).toEqual(['13: 1|S1|ACGT', '14: 1|S2|TTTT']);
    expect(read(V1.replaceAll('\n', '\r\n'))).toEqual(sheet);
  });

  it('of version 2 has its rows in the one section that ends in _Data', () => {
    const sheet = read(V2);
    expect(sheet.columns).toEqual(['Lane', 'Sample_ID', 'Index']);
    expect(rowsOf(sheet)).toEqual(['10: 1|S1|ACGT', '12: 1|S2|TTTT']);
  });

  const several = `${V2}[Cloud_Data]\nSample_ID,ProjectName\nS1,P\n`;

  it('with several such sections needs the route to choose', () => {
    expect(refusal(several)).toBe(
      'The sheet has several sections with data, [BCLConvert_Data], [Cloud_Data]: choose one with sheet: { section: … }.',
    );
    expect(rowsOf(read(several, { section: 'Cloud_Data' }))).toEqual(['17: S1|P']);
    expect(rowsOf(read(several, { section: 'bclconvert_data' }))).toHaveLength(2);
  });

  it.each([
    [
      'no such section',
      V2,
      { section: 'BclConvert_Dta' },
      /no section \[BclConvert_Dta\], only .* Did you mean \[BCLConvert_Data\]\?/,
    ],
    ['no data', '[Header]\na,b\n', {}, /no \[Data\] section and none that ends in _Data, only \[Header\]/],
    ['no sections', 'a,b\n1,2\n', { section: 'Data' }, /no sections, and the route asks for \[Data\]/],
    ['one section twice', `${V1}[data]\na\n1\n`, {}, /^line 15: the section \[data\] begins a second time$/],
    [
      'an open quote before the next section',
      V2.replace('1,S2', '1,"S2'),
      {},
      /^line 13: \[Cloud_Settings\] begins while/,
    ],
    ['an empty section', '[Header]\na,b\n[Data]\n', {}, /empty/],
  ] as const)('is refused: %s', (_, body, format, message) => {
    expect(refusal(body, format)).toMatch(message);
  });
});
