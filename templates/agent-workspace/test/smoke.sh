node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 22 ? 0 : 1)'
npm --version
for program in git gh jq rg claude codex gemini opencode; do
  "$program" --version >/dev/null || { echo "$program does not run"; exit 1; }
done
