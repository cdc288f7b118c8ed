#!/bin/sh
# pdftotext and pdfinfo, with which document.parse reads PDFs in the local `host` template, and Python for DOCX.
component=document-tools
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install poppler-utils python3
  component_status
}

component_status() { tool_status pdftotext; }

provision "$@"
