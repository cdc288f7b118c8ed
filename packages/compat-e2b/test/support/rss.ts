/** Memory that this process holds; the gateway is part of it. */
export function rssBytes(): number {
  return process.memoryUsage.rss()
}
