"""What an import does when enrichment reports something."""
