/** What the modules of this folder tell one another. Read by the type checker only. */

/** A state, as much of it as this folder needs to know. */
export interface State {
  session_id: string
  [name: string]: unknown
}

/** `polling` is as good as live, a little later; `offline` is reconnecting for so long that a person should know. */
export type Connection = 'connecting' | 'live' | 'polling' | 'reconnecting' | 'offline'

/** How the operator wants pages to be connected. */
export type Mode = 'auto' | 'stream' | 'poll'

/** What is heard of the server; a `reset` without a session is for all. */
export type News =
  | { kind: 'state'; state: State }
  | { kind: 'reset'; session: string | undefined }
  | { kind: 'connection'; connection: Connection }
  | { kind: 'beat' }

/** The leader's words: they carry the position, so that whoever takes over goes on from there. */
export type Told = (News | { kind: 'all'; to: string; states: State[]; connection: Connection }) & { cursor: string }

/** What tabs tell one another. */
export type Word = Told | { kind: 'lead' } | { kind: 'hello'; tab: string; session: string | null } | { kind: 'gone'; tab: string }

/** `at` is when it arrived in this tab, in the time of performance.now(). */
export type Tell = (news: News, at: number) => void

/** What a stream tells the line that opened it. */
export interface StreamListener {
  tell: Tell
  /** Something came: the position after it, if that moved, and how many characters it was. */
  heard(cursor: string, size: number): void
  /** It came in time: nothing on the way holds the stream back. */
  proven(): void
  /** Something on the way holds the stream back. */
  held(): void
  /** The stream is over; `pause` in ms where there is a reason for one. */
  lost(pause?: number): void
}

export interface PollListener {
  answered(answer: { cursor: string; states: State[]; reset?: string }, size: number): void
  unanswered(): void
}

export interface Polling {
  /** Ask at once, if this is a pause. */
  hurry(): void
  close(): void
}

export interface Election {
  /** Take part. */
  stand(): void
  /** Lead, since the leader is silent. */
  steal(): void
  /** Take part no more; another tab may lead. */
  resign(): void
}

/** `lead` is called when this tab is to hold the connection, `follow` when it no longer is. */
export type Elect = (lead: () => void, follow: () => void) => Election
