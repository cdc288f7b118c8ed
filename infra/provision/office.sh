#!/bin/sh
# LibreOffice Writer without a screen, which makes PDF and DOCX documents for the batch of documents.
component=office
. "$(dirname "$0")/lib.sh"

component_install() {
  apt_install libreoffice-writer-nogui
  component_status
}

component_status() { tool_status soffice; }

provision "$@"
