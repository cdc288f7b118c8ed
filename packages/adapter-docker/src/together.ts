/** As `Promise.all`, but a failure is told when nothing of the others is under way any more: they may be about to make something. */
export async function together<First, Second>(
  first: Promise<First>,
  second: Promise<Second>,
): Promise<readonly [First, Second]> {
  await Promise.allSettled([first, second])
  return await Promise.all([first, second])
}
