"""The agreement as papers to keep: one content, written as HTML and as PDF, and a calendar of its due dates."""
