export function s3Endpoint(
  params: {
    readonly Region: string;
    readonly Bucket?: string;
    readonly Endpoint?: string;
    readonly UseFIPS?: boolean;
    readonly UseDualStack?: boolean;
    readonly ForcePathStyle?: boolean;
    readonly Accelerate?: boolean;
  },
  partition: (region: string) => { readonly dnsSuffix: string },
): { readonly url: URL; readonly properties: unknown; readonly headers: unknown };
