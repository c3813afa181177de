/** The shapes of what the server sends, as the stream and the API define them. Read by the type checker only. */

export interface Trouble {
  at: number
  file: string
  code: string
  message: string
}

export interface Stats {
  total_files: number
  total_discovered: number
  skipped_existing: number
  excluded: number
  missing: number
  found_again: number
  processed_files: number
  metadata_extracted: number
  keywords_added: number
  scores_imported: number
  nsfw_detected: number
  errors: number
}

/** The whole state of one session. It holds no nulls: what is unknown is absent. */
export interface Message {
  session_id: string
  status: string
  phase: 'scan' | 'process' | 'commit' | 'undo'
  progress: number
  total_files: number
  total_final: boolean
  processed_files: number
  current_file?: string
  /** what each worker is on, and for how many seconds: the longest first, not of all where there are many */
  workers?: { file: string; s: number }[]
  stats: Stats
  errors: Trouble[]
  error?: { code: string; message: string }
  /** while it is held: why */
  held?: { code: string; message: string }
  commit: { total: number; done: number; errors: number }
  /** from an undo on */
  undo?: { total: number; done: number; kept: number }
  bytes_done: number
  bytes_total: number
  files_per_s?: number
  bytes_per_s?: number
  elapsed_s: number
  eta_s?: number
  started_at: number
  t: number
  seq: number
}

export interface Parameters {
  directories: string[]
  pattern: string
  tier: 'index' | 'metadata' | 'full'
  extract_metadata: boolean
  extract_keywords: boolean
  import_scores: boolean
  enable_nsfw_detection: boolean
  read_stealth: boolean
  pixel_hash: boolean
  skip_existing: boolean
  max_files: number | null
  nsfw_threshold: number
  conflict_rule: 'newest' | 'sidecar' | 'database' | 'highest'
}

export type Session = Message & { created_at: number; parameters: Parameters }

/** A failure, as whoever knows of it tells it: a message, the list of items, the report. */
export interface Failure {
  file: string
  code: string | null
  message: string
  at?: number
}

export interface Item extends Failure {
  seq: number
  root: string
  outcome: string
  bytes: number
  media: { type?: string; width?: number; height?: number; orientation?: number; duration?: number }
  keywords: { text: string }[]
  score: number | null
  favourite: boolean | null
  has_thumbnail: boolean
}

/** A committed file, as the catalog knows it. */
export interface Medium {
  media_id: number
  path: string
  session_id: string
  committed_at: number
  missing_since: number | null
  warnings: string[]
  bytes: number
  media: { type?: string; format?: string; width?: number; height?: number; duration?: number }
  generation: Record<string, unknown>
  keywords: { text: string; weight?: number; source?: string }[]
  score: number | null
  favourite: boolean | null
  nsfw_score: number | null
  hashes: { sha256: string | null; phash: string | null }
  provenance: Record<string, { source: string; at?: number }>
  conflicts: { field: string; rule: string; chosen: unknown; values: { value: unknown; source: string }[] }[]
  has_thumbnail: boolean
}

export interface Directory {
  name: string
  path: string
  has_children: boolean
  /** null where it could not be looked at, or not in time */
  total_files: number | null
  ingested_files: number
  /** of `total_files`, by type */
  types: Record<string, number>
  readable: boolean
  /** a limit was reached: there are at least so many */
  capped: boolean
}

export interface Listing {
  path: string | null
  parent: string | null
  directories: Directory[]
  capped: boolean
}

/** What a session would have to do. */
export interface Estimate {
  files: number
  bytes: number
  unchanged: number
  /** looking stopped early: there is at least so much */
  capped: boolean
  /** null where no earlier session tells */
  expected_s: number | null
  sessions: number
}

/** What of one field a commit would change: values, or words that come and go. */
export interface Change {
  field: string
  before?: unknown
  after?: unknown
  added?: string[]
  removed?: string[]
}

/** What a file is put beside: one with its content, or what the catalog has of it until now. */
export interface Beside {
  path: string
  bytes: number
  has_thumbnail: boolean
  /** where its picture is: in this session, or in the catalog */
  seq?: number
  media_id?: number
}

export interface PreviewItem {
  seq: number
  root: string
  file: string
  class: string
  code: string | null
  message: string
  changes: Change[]
  conflicts: { field: string; rule: string; chosen: unknown; values: { value: unknown; source: string }[] }[]
  same_as: string | null
  beside: Beside | null
  bytes: number
  media: { type?: string; width?: number; height?: number; orientation?: number; duration?: number }
  score: number | null
  favourite: boolean | null
  nsfw_score: number | null
  has_thumbnail: boolean
  moved_from: string | null
  set_aside: boolean
  refused: string | null
}

export interface PreviewCounts {
  session_id: string
  /** names what is shown: a commit that carries it does just that */
  preview: string
  complete: boolean
  /** by class; those set aside are in it */
  files: Record<string, number>
  unlisted: Record<string, number>
  set_aside: Record<string, number>
  to_commit: number
  conflicts: number
}

export interface PreviewPage extends PreviewCounts {
  items: PreviewItem[]
  next: number | null
  /** all that fit, where an offset was given */
  total?: number
}

/** What the extracted files are like: how many have each value. */
export interface Facets {
  complete: boolean
  files: number
  type: Record<string, number>
  model: Record<string, number>
  score: Record<string, number>
  month: Record<string, number>
  size: { ends: number[]; files: number[] }
  nsfw: number[]
}

export interface Report {
  parameters: Parameters
  by_type: Record<string, number>
  folders_unread: Failure[]
}

export type { Connection } from './live/types.js'
