/** A certificate and its key as files: read together, and only taken if they fit each other. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { failure, type Result, success } from '../lib/result.ts'

export interface CertificateFiles {
  readonly certificate: string
  readonly key: string
}

/** PEM; `cert` may be a chain. */
export interface CertificatePair {
  readonly cert: string
  readonly key: string
}

/** The error names the files and is for people. */
export async function readCertificate({
  certificate,
  key,
}: CertificateFiles): Promise<Result<CertificatePair, string>> {
  try {
    const pair = { cert: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') }
    const fits = new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key))
    return fits ? success(pair) : failure(`${key} is not the key of ${certificate}`)
  } catch (error) {
    return failure(`${certificate}, ${key}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export function isSamePair(one: CertificatePair, other: CertificatePair): boolean {
  return one.cert === other.cert && one.key === other.key
}

/** The end of the first certificate's life, ISO 8601. */
export function validTo({ cert }: CertificatePair): string {
  return new X509Certificate(cert).validToDate.toISOString()
}
